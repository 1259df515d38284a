"""Preparation: sources become corpora by pure per-clip steps and a resumable runner. Writes corpora, never trains."""

from talkface.preparation.launch import Launcher
from talkface.preparation.layouts import LAYOUTS, SourceClip, list_clips
from talkface.preparation.runner import Plan, plan_clips, prepare
from talkface.preparation.settings import PreparationSettings

__all__ = ["LAYOUTS", "Launcher", "Plan", "PreparationSettings", "SourceClip", "list_clips", "plan_clips", "prepare"]
