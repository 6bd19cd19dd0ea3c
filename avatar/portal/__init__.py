"""The pages where performers read, agree, look and withdraw: a small local web site."""
