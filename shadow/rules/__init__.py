"""What becomes of compare rules once they stand in the table, and which new ones are proposed: rules are watched, never trusted."""
