"""A moment as verbs take it: station time, to the minute."""

import click

MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y%m%d%H%M"])
