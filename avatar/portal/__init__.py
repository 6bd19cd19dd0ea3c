"""The consent portal: server-rendered pages where performers read, agree, look and withdraw."""
