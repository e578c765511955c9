-- Which kept pairs of one epoch show a signature is asked for newest first.
CREATE INDEX pair_by_epoch ON pair (epoch, at);
