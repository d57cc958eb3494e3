-- works with: 1
-- Requests of the admin API that have an Idempotency-Key, for all nodes: an older one that does not know them does twice what
-- it is asked again, as before.

CREATE TABLE request (
    caller      text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    -- Of the node that began it.
    run         int         NOT NULL,
    -- Another one for each try, so that a node whose connection broke knows its own again.
    claim       uuid        NOT NULL,
    began       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Null until it is answered.
    status      int,
    type        text,
    tag         text,
    body        bytea,
    PRIMARY KEY (caller, key)
);
CREATE INDEX request_began ON request (began);
