-- What people decided about signatures. Nothing is changed or removed: the newest row of a signature counts.
CREATE TABLE triage (
    seq       INTEGER PRIMARY KEY,
    signature TEXT NOT NULL,
    route     TEXT NOT NULL,
    state     TEXT NOT NULL,
    owner     TEXT NOT NULL,
    note      TEXT NOT NULL,
    said_by   TEXT NOT NULL,
    at        REAL NOT NULL
);

CREATE INDEX triage_by_signature ON triage (signature);
