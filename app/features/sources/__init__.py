"""Sources: choosing and opening them."""
