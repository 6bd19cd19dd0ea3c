"""Tools to test engines: a world with enrolled people, toy engines, a conformance kit."""
