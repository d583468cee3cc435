"""The search of the localiser's settings: table 5's space, by Optuna."""
