"""The only caller of engines: clears, recalls, runs and keeps; with the checks of faces and voices."""
