"""How clients come in: listening sockets, TLS, PROXY headers. What comes out is a connection whose requests can be read."""
