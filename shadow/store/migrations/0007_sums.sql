-- Sums of what is counted by the hour, so that reading a month is not reading its hours. Days are Unix seconds / 86400.
-- The database keeps them itself: whatever writes or removes hours (batches, retention, a purge, the end of an epoch) changes the sums in
-- the same transaction, and there is no row that sums nothing.
CREATE TABLE count_day (
    epoch INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    day   INTEGER NOT NULL,
    name  TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (epoch, day, name)
) WITHOUT ROWID;

CREATE TABLE latency_day (
    epoch  INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    day    INTEGER NOT NULL,
    side   TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (epoch, day, side, bucket)
) WITHOUT ROWID;

-- Of all days: there may be a hundred buckets on each.
CREATE TABLE latency_sum (
    epoch  INTEGER NOT NULL REFERENCES epoch (id) ON DELETE CASCADE,
    side   TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (epoch, side, bucket)
) WITHOUT ROWID;

INSERT INTO count_day (epoch, day, name, n)
SELECT epoch, hour / 24, name, sum(n) FROM count GROUP BY epoch, hour / 24, name;

INSERT INTO latency_day (epoch, day, side, bucket, n)
SELECT epoch, hour / 24, side, bucket, sum(n) FROM latency GROUP BY epoch, hour / 24, side, bucket;

INSERT INTO latency_sum (epoch, side, bucket, n)
SELECT epoch, side, bucket, sum(n) FROM latency_day GROUP BY epoch, side, bucket;

CREATE TRIGGER count_added AFTER INSERT ON count BEGIN
    INSERT INTO count_day (epoch, day, name, n) VALUES (new.epoch, new.hour / 24, new.name, new.n)
    ON CONFLICT (epoch, day, name) DO UPDATE SET n = n + excluded.n;
END;

CREATE TRIGGER count_changed AFTER UPDATE OF n ON count BEGIN
    UPDATE count_day SET n = n + new.n - old.n WHERE epoch = new.epoch AND day = new.hour / 24 AND name = new.name;
END;

CREATE TRIGGER count_removed AFTER DELETE ON count BEGIN
    UPDATE count_day SET n = n - old.n WHERE epoch = old.epoch AND day = old.hour / 24 AND name = old.name;
    DELETE FROM count_day WHERE epoch = old.epoch AND day = old.hour / 24 AND name = old.name AND n = 0;
END;

CREATE TRIGGER latency_added AFTER INSERT ON latency BEGIN
    INSERT INTO latency_day (epoch, day, side, bucket, n) VALUES (new.epoch, new.hour / 24, new.side, new.bucket, new.n)
    ON CONFLICT (epoch, day, side, bucket) DO UPDATE SET n = n + excluded.n;
    INSERT INTO latency_sum (epoch, side, bucket, n) VALUES (new.epoch, new.side, new.bucket, new.n)
    ON CONFLICT (epoch, side, bucket) DO UPDATE SET n = n + excluded.n;
END;

CREATE TRIGGER latency_changed AFTER UPDATE OF n ON latency BEGIN
    UPDATE latency_day SET n = n + new.n - old.n
    WHERE epoch = new.epoch AND day = new.hour / 24 AND side = new.side AND bucket = new.bucket;
    UPDATE latency_sum SET n = n + new.n - old.n WHERE epoch = new.epoch AND side = new.side AND bucket = new.bucket;
END;

CREATE TRIGGER latency_removed AFTER DELETE ON latency BEGIN
    UPDATE latency_day SET n = n - old.n
    WHERE epoch = old.epoch AND day = old.hour / 24 AND side = old.side AND bucket = old.bucket;
    DELETE FROM latency_day
    WHERE epoch = old.epoch AND day = old.hour / 24 AND side = old.side AND bucket = old.bucket AND n = 0;
    UPDATE latency_sum SET n = n - old.n WHERE epoch = old.epoch AND side = old.side AND bucket = old.bucket;
    DELETE FROM latency_sum WHERE epoch = old.epoch AND side = old.side AND bucket = old.bucket AND n = 0;
END;
