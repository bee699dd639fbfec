"""Observe, plan, execute: reads what is there, decides what to change, and changes it with proof."""
