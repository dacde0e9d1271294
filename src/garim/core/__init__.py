"""VALUES: numpy and the standard library; opens nothing."""
