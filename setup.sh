#!/usr/bin/env bash
# Makes .venv with the locked versions and the project in editable mode; does nothing when that is already so.
#   PYTHON                  which Python to use (3.11 or newer; default: the first suitable one found)
#   TALKFACE_TORCH_BACKEND  cpu, cu126, cu130, …, auto or none: which build of torch (default: chosen by choose_backend below)
#   TALKFACE_TORCH_INDEX    a wheel index of your own for torch and torchvision; wins over the backend
#   PIP_FIND_LINKS          a folder of wheels: used by uv too, and taken to hold the right torch
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
venv=.venv
stamp=$venv/.talkface-stamp

fail() { printf 'set-up: %s\n' "$@" >&2; exit 2; }

fingerprint() {  # of everything that an installation depends on; the folder too, because an editable install names it
    { cat requirements.lock pyproject.toml setup.sh; grep -i '^version' "$venv/pyvenv.cfg"; pwd
      echo "${TALKFACE_TORCH_BACKEND:-} ${TALKFACE_TORCH_INDEX:-}"; } | cksum
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$candidate"; return; fi
    done
    fail "no Python 3.11 or newer found${PYTHON:+ at PYTHON=$PYTHON}" "install one (Debian: apt-get install python3 python3-venv) or name it: PYTHON=/path/to/python3 ./setup.sh"
}

choose_backend() {  # CUDA 12.6 builds are the last that carry Pascal (GTX 10 series, compute capability 6.x)
    local lowest
    if [[ -n "${TALKFACE_TORCH_BACKEND:-}" ]]; then echo "$TALKFACE_TORCH_BACKEND"; return; fi
    lowest=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sort -n | head -n 1 || true)
    if [[ "$lowest" =~ ^[0-9]+\.[0-9]+$ ]]; then
        if [[ "${lowest/./}" -lt 75 ]]; then echo cu126; else echo auto; fi
    elif [[ "$(uname -s)" == Linux && -z "${UV_FIND_LINKS:-}" ]]; then echo cpu
    else echo none; fi
}

install_locked() {  # $1: backend, or none for whatever the default index offers
    local uv=("$venv/bin/python" -m uv pip install --python "$venv/bin/python" --quiet) backend=()
    if [[ -n "${TALKFACE_TORCH_INDEX:-}" ]]; then
        "${uv[@]}" --index-url "$TALKFACE_TORCH_INDEX" --no-deps $(grep -E '^(torch|torchvision)==' requirements.lock) || return 1
    elif [[ "$1" != none ]]; then backend=(--torch-backend "$1"); fi
    "${uv[@]}" ${backend[@]+"${backend[@]}"} -r requirements.lock && "${uv[@]}" --no-deps --editable .
}

if [[ -x $venv/bin/python && -f $stamp && "$(fingerprint)" == "$(cat "$stamp")" ]]; then exit 0; fi

started=$SECONDS
echo "set-up: installing into $venv (once; about 3 GB, one to three minutes on a fast line)"
if [[ ! -x $venv/bin/python ]]; then
    python=$(find_python)
    "$python" -m venv "$venv" || fail "could not make $venv with $python" "Debian: apt-get install python3-venv"
fi
"$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$venv holds a Python older than 3.11" "remove $venv and run ./setup.sh again"
rm -f "$stamp"
"$venv/bin/python" -m uv --version >/dev/null 2>&1 || "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check uv
# uv does not read pip's variable; an empty value would be an error, so it is set only when there is something to say.
if [[ -n "${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}" ]]; then export UV_FIND_LINKS="${UV_FIND_LINKS:-$PIP_FIND_LINKS}"; fi
backend=$(choose_backend)
if ! install_locked "$backend"; then
    # Only the small CPU build is optional: a GPU machine must not silently get a build without its architecture.
    [[ "$backend" == cpu && -z "${TALKFACE_TORCH_BACKEND:-}" ]] || fail "installation failed (torch build: $backend)" "see the lines above; TALKFACE_TORCH_BACKEND and TALKFACE_TORCH_INDEX choose another build"
    echo "set-up: PyTorch's CPU wheels could not be reached; taking the default (larger) build"
    install_locked none || fail "installation failed" "see the lines above"
fi
"$venv/bin/python" -c 'import cv2' || fail "OpenCV does not load" "Debian: apt-get install libgl1 libglib2.0-0"
fingerprint > "$stamp"
echo "set-up: done in $((SECONDS - started)) s"
