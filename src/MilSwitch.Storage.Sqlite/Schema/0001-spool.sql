-- Ids rise with time and hold their partition in the low six bits, so that inserts stay at the right edge of every tree.
-- Times are Unix milliseconds. No tree on the way of a message is keyed by anything random: see "fresh".

CREATE TABLE ownership (
    partition INTEGER PRIMARY KEY,
    epoch     INTEGER NOT NULL,
    owner     TEXT    NOT NULL
);

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE message (
    id           INTEGER PRIMARY KEY,
    state        INTEGER NOT NULL,
    precedence   INTEGER NOT NULL,
    accepted     INTEGER NOT NULL,
    -- State at acceptance of the recipients that have no row of their own.
    initial      INTEGER NOT NULL,
    -- 0 none (any more), 1 in table content, 2 in a file named by table file.
    content      INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    -- CRC-32C over envelope, trace and digest.
    checksum     INTEGER NOT NULL,
    parent       INTEGER,
    message_id   TEXT,
    held_because TEXT,
    digest       BLOB NOT NULL,
    trace        BLOB NOT NULL,
    envelope     BLOB NOT NULL
);

-- By precedence, not by partition: with 64 right edges a long queue would dirty 64 pages and more in every commit.
CREATE INDEX message_pending ON message (precedence, id) WHERE state < 4;
CREATE INDEX message_parent ON message (parent) WHERE parent IS NOT NULL;

-- Only recipients that are no longer as they were accepted.
CREATE TABLE recipient (
    message  INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due      INTEGER,
    reply    TEXT,
    target   TEXT,
    warned   INTEGER NOT NULL,
    PRIMARY KEY (message, n)
) WITHOUT ROWID;

CREATE TABLE content (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

CREATE TABLE file (
    message INTEGER PRIMARY KEY,
    name    TEXT NOT NULL
);
CREATE INDEX file_name ON file (name);

-- Keys in the order of their arrival. Every 65,536 of them move into the two tables below, sorted, so that a page of
-- those is written once for many keys instead of once for each.
CREATE TABLE fresh (
    n       INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    key     BLOB,
    field   INTEGER
);

CREATE TABLE duplicate (
    key     BLOB PRIMARY KEY,
    message INTEGER NOT NULL,
    at      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE message_field (
    field   INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (field, message)
) WITHOUT ROWID;

CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    message   INTEGER NOT NULL,
    recipient INTEGER NOT NULL,
    detail    TEXT    NOT NULL,
    actor     TEXT,
    hash      BLOB    NOT NULL
);
CREATE INDEX audit_message ON audit (message) WHERE message <> 0;

-- anchor: the last record that was pruned; head: the last record of all, so that a cut tail shows.
CREATE TABLE audit_end (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE document (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
