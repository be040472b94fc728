"""The program that takes files to other machines, without any machine."""
