"""Speaker adaptation: learn how the base voice has to change to sound like a person."""
