"""Retraining beside a running town: its process, who watches over it, and who takes models over."""
