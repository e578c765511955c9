-- Times are Unix seconds, hours are Unix seconds / 3600, latencies milliseconds.

-- The plan of each route as last told by a proxy worker; listed = 0 once the table no longer has the route.
CREATE TABLE plan (
    route   TEXT PRIMARY KEY,
    listed  INTEGER NOT NULL,
    told_at REAL NOT NULL,
    plan    TEXT NOT NULL
) WITHOUT ROWID;

-- Evidence counts together only within an epoch: one route under one set of compare rules.
CREATE TABLE epoch (
    id         INTEGER PRIMARY KEY,
    route      TEXT NOT NULL,
    rules      TEXT NOT NULL,
    opened_at  REAL NOT NULL,
    first_pair REAL,
    last_pair  REAL,
    UNIQUE (route, rules)
);

-- seen, copied, skipped:REASON, outcome:OUTCOME.
CREATE TABLE count (
    epoch INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    hour  INTEGER NOT NULL,
    name  TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (epoch, hour, name)
) WITHOUT ROWID;

-- The cumulative number each source told last, so that telling it twice adds nothing.
CREATE TABLE told (
    source TEXT NOT NULL,
    route  TEXT NOT NULL,
    name   TEXT NOT NULL,
    n      INTEGER NOT NULL,
    at     REAL NOT NULL,
    PRIMARY KEY (source, route, name)
) WITHOUT ROWID;

-- Bucket i counts latencies between 1.04^i and 1.04^(i+1) ms; side is control or candidate.
CREATE TABLE latency (
    epoch  INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    hour   INTEGER NOT NULL,
    side   TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (epoch, hour, side, bucket)
) WITHOUT ROWID;

CREATE TABLE signature (
    epoch             INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    id                TEXT NOT NULL,
    path              TEXT NOT NULL,
    kind              TEXT NOT NULL,
    first_seen        REAL NOT NULL,
    last_seen         REAL NOT NULL,
    example_pair      TEXT NOT NULL,
    control_example   TEXT,
    candidate_example TEXT,
    PRIMARY KEY (epoch, id)
) WITHOUT ROWID;

CREATE TABLE signature_count (
    epoch INTEGER NOT NULL,
    id    TEXT NOT NULL,
    hour  INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (epoch, id, hour),
    FOREIGN KEY (epoch, id) REFERENCES signature (epoch, id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Pairs worth looking at; found is JSON: differences, waived, noisy, error.
CREATE TABLE pair (
    id            TEXT PRIMARY KEY,
    epoch         INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    request_id    TEXT NOT NULL,
    table_version INTEGER NOT NULL,
    at            REAL NOT NULL,
    outcome       TEXT NOT NULL,
    method        TEXT NOT NULL,
    target        TEXT NOT NULL,
    main          TEXT NOT NULL, -- the backend that answered the client
    shadow        TEXT NOT NULL, -- the backend that got the copy
    found         TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX pair_by_request_id ON pair (request_id);
CREATE INDEX pair_by_time ON pair (at);

-- The redacted messages of a pair, as JSON: request, control, candidate, again. Gone after the retention time.
CREATE TABLE content (
    seq  INTEGER PRIMARY KEY,
    pair TEXT NOT NULL UNIQUE REFERENCES pair (id) ON DELETE CASCADE,
    at   REAL NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX content_by_time ON content (at);
