"""What turns windows of picture and a prompt into sound."""
