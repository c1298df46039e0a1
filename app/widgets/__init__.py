"""What the window is made of: each widget takes data and gives signals."""
