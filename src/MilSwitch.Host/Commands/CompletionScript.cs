namespace MilSwitch.Host.Commands;

/// <summary>
/// What a shell runs to complete a line: it asks the program itself, by the directive <c>[suggest:POSITION]</c> of its command line,
/// so that the answer is always that of the program that is installed.
/// </summary>
internal static class CompletionScript
{
    public static string Of(string shell) => shell switch
    {
        "bash" => """
            # milswitch completion bash > /etc/bash_completion.d/milswitch
            _milswitch() {
                local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
                COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
            }
            complete -o bashdefault -o default -F _milswitch milswitch

            """,
        "zsh" => """
            #compdef milswitch
            # milswitch completion zsh > "${fpath[1]}/_milswitch"
            _milswitch() {
                local -a found
                found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -a found; else _files; fi
            }
            compdef _milswitch milswitch

            """,
        _ => """
            # milswitch completion fish > ~/.config/fish/completions/milswitch.fish
            function __milswitch
                set -l line (commandline -cp)
                milswitch "[suggest:"(string length -- $line)"]" $line 2>/dev/null
            end
            complete -c milswitch -a '(__milswitch)'

            """,
    };
}
