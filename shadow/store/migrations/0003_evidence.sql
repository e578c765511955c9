-- A mark divides a route's evidence in time: what was counted before it never counts with what came after it.
CREATE TABLE mark (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    route  TEXT NOT NULL,
    at     REAL NOT NULL,
    who    TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE INDEX mark_by_route ON mark (route, at);

-- Evidence counts together only within an epoch: one route, one set of compare rules, between two marks, one build of each side.
-- mark 0: before all marks; a version '': not known. The table is made anew, as its UNIQUE constraint cannot be changed.
CREATE TABLE epoch_new (
    id                INTEGER PRIMARY KEY,
    route             TEXT NOT NULL,
    rules             TEXT NOT NULL,
    mark              INTEGER NOT NULL DEFAULT 0,
    control_version   TEXT NOT NULL DEFAULT '',
    candidate_version TEXT NOT NULL DEFAULT '',
    opened_at         REAL NOT NULL,
    first_pair        REAL,
    last_pair         REAL,
    UNIQUE (route, rules, mark, control_version, candidate_version)
);

INSERT INTO epoch_new (id, route, rules, opened_at, first_pair, last_pair)
SELECT id, route, rules, opened_at, first_pair, last_pair FROM epoch;

DROP TABLE epoch;

ALTER TABLE epoch_new RENAME TO epoch;

-- How many pairs that count had this shape of request; status is a class (2xx).
CREATE TABLE shape (
    epoch      INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    method     TEXT NOT NULL,
    parameters TEXT NOT NULL,
    status     TEXT NOT NULL,
    signed_in  INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    PRIMARY KEY (epoch, method, parameters, status, signed_in)
) WITHOUT ROWID;

-- New names in count: repeat:clean and repeat:wrong (pairs that only repeat), status:CONTROL:CANDIDATE (status classes).
-- A new side in latency: ratio, the candidate's over the control's, pair by pair.
