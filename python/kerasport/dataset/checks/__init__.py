"""What is wrong with a data set: `check_dataset` tells, the functions `require_...` refuse it."""
