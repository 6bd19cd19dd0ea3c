"""Work by programs that cannot share our environment: each in a process and an environment of its own."""
