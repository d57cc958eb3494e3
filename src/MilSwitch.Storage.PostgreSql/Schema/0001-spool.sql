-- works with: 1
-- Ids rise with time on each node and hold their partition in the low six bits. Times are Unix milliseconds where they are
-- decided by a node, and the server's own where nodes are compared.

-- One row for each start of a node. "batch" numbers its transactions: a node whose connection broke during a commit reads
-- here whether it happened. "seen" says whether what it stages may still be wanted.
CREATE TABLE run (
    id      int PRIMARY KEY,
    node    text NOT NULL,
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen    timestamptz NOT NULL DEFAULT clock_timestamp(),
    batch   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE counter (
    name  text PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO counter (name, value) VALUES ('run', 0), ('policy', 1);

CREATE TABLE ownership (
    partition   int PRIMARY KEY,
    epoch       bigint NOT NULL DEFAULT 0,
    owner       text,
    incarnation bigint NOT NULL DEFAULT 0,
    seen        timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO ownership (partition) SELECT generate_series(0, 63);

CREATE TABLE message (
    id           bigint PRIMARY KEY,
    accepted     bigint NOT NULL,
    size         bigint NOT NULL,
    -- CRC-32C over envelope, trace and digest.
    checksum     bigint NOT NULL,
    parent       bigint,
    -- Hash of message_id.
    field        bigint,
    state        smallint NOT NULL,
    precedence   smallint NOT NULL,
    -- State at acceptance of the recipients that have no row of their own.
    initial      smallint NOT NULL,
    -- 0 none (any more), 1 in table content, 2 in table chunk; 3 and 4 the same, sealed.
    content      smallint NOT NULL,
    message_id   text,
    held_because text,
    digest       bytea NOT NULL,
    trace        bytea NOT NULL,
    envelope     bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX message_pending ON message ((id & 63), precedence, id) WHERE state < 4;
CREATE INDEX message_parent ON message (parent) WHERE parent IS NOT NULL;
CREATE INDEX message_field ON message (field) WHERE field IS NOT NULL;
ALTER TABLE message ALTER trace SET STORAGE EXTERNAL, ALTER envelope SET STORAGE EXTERNAL;

-- Only recipients that are no longer as they were accepted.
CREATE TABLE recipient (
    message  bigint NOT NULL,
    n        int NOT NULL,
    state    smallint NOT NULL,
    attempts int NOT NULL,
    due      bigint,
    reply    text,
    target   text,
    warned   boolean NOT NULL,
    PRIMARY KEY (message, n)
) WITH (fillfactor = 80);

-- Contents of up to 64 KiB: most of them fit beside their key, and mail that is sealed does not get shorter by trying.
CREATE TABLE content (
    id   bigint PRIMARY KEY,
    data bytea NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE content ALTER data SET STORAGE EXTERNAL;

-- Larger ones, 256 KiB to a row. They are committed ahead of the message that will name them.
CREATE TABLE chunk (
    content bigint NOT NULL,
    n       int NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (content, n)
);
ALTER TABLE chunk ALTER data SET STORAGE EXTERNAL;

-- Which message has which of them; two may share one.
CREATE TABLE holder (
    message bigint PRIMARY KEY,
    content bigint NOT NULL
);
CREATE INDEX holder_content ON holder (content);

-- Those that no message names: staged by a run, or, with run 0, to be removed. Whoever takes a row away here decides.
CREATE TABLE loose (
    content bigint PRIMARY KEY,
    run     int NOT NULL
);

CREATE TABLE duplicate (
    key     uuid PRIMARY KEY,
    message bigint NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX duplicate_at ON duplicate USING brin (at);

-- One chain for each run: two nodes never wait for each other here.
CREATE TABLE audit (
    run       int NOT NULL,
    seq       bigint NOT NULL,
    at        bigint NOT NULL,
    message   bigint NOT NULL,
    recipient int NOT NULL,
    kind      smallint NOT NULL,
    detail    text NOT NULL,
    actor     text,
    hash      bytea NOT NULL,
    PRIMARY KEY (run, seq)
);
CREATE INDEX audit_message ON audit (message) WHERE message <> 0;

-- anchor: the last record that was pruned; head: the last record of all, so that a cut tail shows.
CREATE TABLE audit_end (
    run  int NOT NULL,
    name text NOT NULL,
    seq  bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (run, name)
) WITH (fillfactor = 10);

CREATE TABLE document (
    kind text NOT NULL,
    id   text NOT NULL,
    json text NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE node (
    address     text PRIMARY KEY,
    name        text NOT NULL,
    incarnation bigint NOT NULL,
    seen        timestamptz NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE lease (
    name  text PRIMARY KEY,
    owner text NOT NULL,
    until timestamptz NOT NULL
) WITH (fillfactor = 10);

-- Proves the epochs of a transaction. The lock does not hinder the owner's own "seen" and conflicts with a claimant's FOR
-- UPDATE: a claim waits for the transaction in flight, and every later one of the old owner fails here.
CREATE FUNCTION fence(p int[], e bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM ownership WHERE partition = ANY (p) ORDER BY partition FOR KEY SHARE;
    IF (SELECT count(*) FROM ownership o JOIN unnest(p, e) AS t(partition, epoch) ON o.partition = t.partition AND o.epoch = t.epoch) <> cardinality(p) THEN
        RAISE EXCEPTION 'fenced' USING ERRCODE = 'MF001';
    END IF;
END $$;

-- What was judged by other rules or settings than those in force is not written. Whoever changes them waits for what is being
-- written by the old ones, and whatever comes behind the change sees it.
CREATE FUNCTION judged(v bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    now bigint;
BEGIN
    SELECT value INTO now FROM counter WHERE name = 'policy' FOR SHARE;
    IF EXISTS (SELECT 1 FROM unnest(v) AS t(version) WHERE t.version <> now) THEN
        RAISE EXCEPTION 'outdated' USING ERRCODE = 'MF006';
    END IF;
END $$;

-- Takes the keys of messages; those of a message that was accepted before are not to be had.
CREATE FUNCTION take_keys(k uuid[], m bigint[], a bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    taken bigint;
BEGIN
    INSERT INTO duplicate (key, message, at) SELECT t.key, t.message, t.at FROM unnest(k, m, a) AS t(key, message, at) ORDER BY t.key ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken <> cardinality(k) AND EXISTS (SELECT 1 FROM unnest(k, m) AS t(key, message) JOIN duplicate d ON d.key = t.key WHERE d.message <> t.message) THEN
        RAISE EXCEPTION 'duplicate' USING ERRCODE = 'MF002';
    END IF;
END $$;

-- Numbers a transaction of a run. It fails when that number has been there: the transaction happened, or somebody else is this run.
CREATE FUNCTION take_turn(r int, n bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE run SET batch = n, seen = clock_timestamp() WHERE id = r AND batch = n - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'turn' USING ERRCODE = 'MF003';
    END IF;
END $$;

-- A row that was to change and did not is one of an operation that was applied before. With a null nothing is expected.
CREATE FUNCTION expect(actual bigint, expected bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF actual <> expected THEN
        RAISE EXCEPTION 'repeated' USING ERRCODE = 'MF004';
    END IF;
    RETURN actual;
END $$;

-- All chunks of contents are there: what was committed ahead may have been swept, or lost with the server's memory.
CREATE FUNCTION whole(c bigint[], chunks bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM chunk WHERE content = ANY (c)) <> chunks THEN
        RAISE EXCEPTION 'content' USING ERRCODE = 'MF005';
    END IF;
END $$;
