"""What a test of an engine needs: a world with people in it, and a conformance kit."""
