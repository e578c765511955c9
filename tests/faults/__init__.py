"""What goes wrong around an instance goes wrong here, many times, at random moments (promise table, section 6.4)."""
