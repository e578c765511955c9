"""What programs ask: each module answers one kind of address, as JSON."""
