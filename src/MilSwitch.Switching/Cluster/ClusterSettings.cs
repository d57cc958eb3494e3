using MilSwitch.Domain.Clustering;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Cluster;

/// <summary>The actor system's settings; users never see them.</summary>
internal static class ClusterSettings
{
    public const string SystemName = "milswitch";

    /// <summary>What a lost node costs in time, by <see cref="Detection"/>: how long it may be silent, and how long the others wait for each other's opinion.</summary>
    private static (string Pause, string StableAfter) TimesOf(Detection detection) => detection switch
    {
        Detection.Fast => ("1s", "1.5s"),
        Detection.Tolerant => ("4s", "5s"),
        // With the time that it takes to notice, no less than the four seconds for which the store lets nobody take what a silent node owns.
        _ => ("1.5s", "1.7s"),
    };

    /// <summary>Of a node in a cluster; goes before <see cref="Hocon"/>.</summary>
    public static string Clustered(ClusterConfiguration cluster)
    {
        var (pause, stableAfter) = TimesOf(cluster.Detection);
        return $$"""
            akka.remote.milswitch {
              hostname = "{{cluster.Bind ?? cluster.Host}}"
              port = {{cluster.Port}}
              public-hostname = "{{cluster.Host}}"
            }
            akka.cluster {
              failure-detector.acceptable-heartbeat-pause = {{pause}}
              split-brain-resolver {
                active-strategy = lease-majority
                stable-after = {{stableAfter}}
                lease-majority {
                  lease-implementation = milswitch-lease
                  acquire-lease-delay-for-minority = 1s
                  release-after = 15s
                }
              }
            }
            milswitch-lease {
              lease-class = "{{Name<StoreLease>()}}"
              heartbeat-timeout = 4s
              heartbeat-interval = 1s
              lease-operation-timeout = 3s
            }
            """;
    }

    public static string Hocon => $$"""
        akka {
          actor {
            provider = cluster
            serializers {
              milswitch = "{{Name<SwitchSerializer>()}}"
              none = "{{Name<RefusingSerializer>()}}"
            }
            serialization-bindings {
              "System.Object" = none
              "{{Name<IWireMessage>()}}" = milswitch
            }
            serialization-identifiers {
              "{{Name<SwitchSerializer>()}}" = {{SwitchSerializer.Number}}
              "{{Name<RefusingSerializer>()}}" = {{RefusingSerializer.Number}}
            }
          }
          remote {
            log-remote-lifecycle-events = off
            untrusted-mode = on
            trusted-selection-paths = [
              "/system/cluster/core/daemon"
              "/system/cluster/heartbeatReceiver"
              "/system/sharding/partitionCoordinator"
              "/system/sharding/partitionCoordinator/singleton/coordinator"
              "/system/sharding/switchReplicator"
              "/user/membership"
              "/user/keys"
              "/user/watch"
            ]
            enabled-transports = ["akka.remote.milswitch"]
            retry-gate-closed-for = 0.5s
            milswitch {
              transport-class = "{{Name<NodeTransport>()}}"
              applied-adapters = []
              transport-protocol = tcp
              hostname = "127.0.0.1"
              port = 0
              public-hostname = ""
              public-port = 0
              maximum-frame-size = 128000b
            }
          }
          cluster {
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            failure-detector {
              heartbeat-interval = 0.3s
              acceptable-heartbeat-pause = 3s
            }
            gossip-interval = 0.2s
            leader-actions-interval = 0.2s
            unreachable-nodes-reaper-interval = 0.2s
            down-removal-margin = 10ms
            split-brain-resolver.stable-after = 3s
            sharding {
              state-store-mode = ddata
              remember-entities = off
              passivate-idle-entity-after = off
              rebalance-interval = 3s
              # A node that came back has its share after one or two rounds: while partitions move, a node that dies is replaced later.
              least-shard-allocation-strategy {
                rebalance-absolute-limit = 16
                rebalance-relative-limit = 1.0
              }
              retry-interval = 0.5s
              handoff-timeout = 10s
              # By default all nodes of a cluster of five or fewer have to answer, the dead one among them, or nothing goes on for
              # five seconds. Placement that is lost costs time and never a message.
              coordinator-state {
                write-majority-plus = 0
                read-majority-plus = 0
              }
              distributed-data.majority-min-cap = 2
              updating-state-timeout = 1s
              waiting-for-state-timeout = 1s
            }
          }
          coordinated-shutdown {
            default-phase-timeout = 12s
            exit-clr = off
          }
        }
        """;

    private static string Name<T>() => $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}";
}
