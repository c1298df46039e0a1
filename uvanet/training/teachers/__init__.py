"""Trains, exports and runs the spatial and the temporal teacher."""
