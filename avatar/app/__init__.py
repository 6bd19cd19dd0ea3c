"""The composition root: settings in, an application context out, and what every front end asks of it."""
