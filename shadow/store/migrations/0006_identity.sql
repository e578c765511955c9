-- Whose pair it is, as a keyed hash behind the mark of its key (shadow/redact/identity.py): '' nobody said, NULL recorded before this column.
ALTER TABLE pair ADD COLUMN identity TEXT;

CREATE INDEX pair_by_identity ON pair (identity);
