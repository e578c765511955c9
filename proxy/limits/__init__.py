"""What a client may cost, and what everybody together may: connections, requests in a time, load that is shed."""
