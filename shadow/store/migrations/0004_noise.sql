-- What is known of one place and kind of difference: see shadow/noise/excess.py for the numbers. sorts is a JSON object: in how many pairs
-- the difference was of which sort.
CREATE TABLE place (
    epoch          INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    place          TEXT NOT NULL,
    kind           TEXT NOT NULL,
    differed       INTEGER NOT NULL,
    drifted        INTEGER NOT NULL,
    only_candidate INTEGER NOT NULL,
    only_control   INTEGER NOT NULL,
    both           INTEGER NOT NULL,
    sorts          TEXT NOT NULL,
    distance       REAL NOT NULL,
    PRIMARY KEY (epoch, place, kind)
) WITHOUT ROWID;

-- What each rule hid, by kind of difference. earlier is how many pairs it had hidden something in when this kind was first seen.
CREATE TABLE rule_hit (
    epoch      INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    rule       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    pairs      INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    earlier    INTEGER NOT NULL,
    first_seen REAL NOT NULL,
    last_seen  REAL NOT NULL,
    PRIMARY KEY (epoch, rule, kind)
) WITHOUT ROWID;

-- New names in count: again (pairs for which the control was asked twice), sampled (those of them that the dice chose).
