"""Brings a public model into the weights folder: from another folder, from S3, or from a hub."""

import re
import shutil
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from avatar.errors import InputError, WeightsError
from avatar.models.pinned import digest_of_folder
from avatar.models.weights import weights_folder
from avatar.runtime.atomic import atomic_folder

_HUB = re.compile(r"hub:([\w.-]+/[\w.-]+)@([0-9a-f]{40})(?:/(.+))?")


def import_model(source: str, name: str, sha256: str = "") -> str:
    """Put the model at *source* into the weights folder as the folder *name*, and return its digest.

    *source* is a folder, ``s3://BUCKET/PREFIX`` (credentials from boto3's own chain) or
    ``hub:OWNER/NAME@COMMIT/FOLDER`` (``HF_ENDPOINT`` names a mirror). With *sha256* only that very folder is put there.
    Nothing of it is opened.

    Raises:
        InputError: when the name leaves the weights folder; code ``weights.path``; when it is taken; code
            ``weights.exists``; when the source is none that is known; code ``weights.source``.
        WeightsError: when the source holds no files or cannot be read; code ``weights.missing``; when its digest is
            another; code ``weights.altered``.
    """
    target = _target(name)
    with atomic_folder(target) as folder:
        _fetch(source, folder)
        if not any(path.is_file() for path in folder.rglob("*")):
            raise WeightsError(f"source: there are no files at {source}; check its spelling", code="weights.missing")
        found = digest_of_folder(folder)
        if sha256 and found != sha256:
            raise WeightsError(
                f"source: {source} hashes to {found[:12]}… instead of {sha256[:12]}…; nothing was put into the weights "
                "folder: find out who changed it, or who gave you the digest",
                code="weights.altered",
            )
    return found


def _target(name: str) -> Path:
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not place.parts:
        raise InputError(f"name: {name!r} leaves the weights folder; name a folder in it", code="weights.path")
    target = weights_folder() / place
    if target.exists():
        raise InputError(f"name: {target} is there already; choose another name, or remove it", code="weights.exists")
    return target


def _fetch(source: str, folder: Path) -> None:
    if source.startswith("s3://"):
        bucket, _, prefix = source.removeprefix("s3://").partition("/")
        _fetch_from_s3(bucket, prefix.rstrip("/") + "/" if prefix.rstrip("/") else "", folder)
    elif source.startswith("hub:"):
        _fetch_from_hub(source, folder)
    elif Path(source).is_dir():
        shutil.copytree(source, folder, dirs_exist_ok=True)
    else:
        raise InputError(
            f"source: {source!r} is no folder here; give one, s3://BUCKET/PREFIX, or hub:OWNER/NAME@COMMIT",
            code="weights.source",
        )


def _fetch_from_s3(bucket: str, prefix: str, folder: Path) -> None:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.client("s3")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for key in (found["Key"] for page in pages for found in page.get("Contents", ())):
            part = PurePosixPath(key.removeprefix(prefix))
            if key.endswith("/"):
                continue
            if part.is_absolute() or ".." in part.parts:
                raise InputError(f"source: {key!r} leads out of its folder", code="weights.source")
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, key, str(folder / part))
    except (BotoCoreError, ClientError) as error:
        raise WeightsError(
            f"source: s3://{bucket}/{prefix} could not be read ({error}); check bucket, credentials and network",
            code="weights.missing",
        ) from error


def _fetch_from_hub(source: str, folder: Path) -> None:
    named = _HUB.fullmatch(source)
    if named is None:
        raise InputError(
            f"source: {source!r} is not pinned; write hub:OWNER/NAME@COMMIT with all 40 digits of the commit, and "
            "/FOLDER if only that is wanted",
            code="weights.source",
        )
    from huggingface_hub import snapshot_download

    repository, commit, inside = named.groups()
    with TemporaryDirectory(prefix=".hub-", dir=folder.parent) as cache:
        wanted = f"{inside}/*" if inside else "*"
        try:
            got = snapshot_download(repository, revision=commit, allow_patterns=[wanted], cache_dir=cache)
        except Exception as error:  # the hub's own, and those of every library below it
            raise WeightsError(
                f"source: {source} could not be read ({type(error).__name__}); check its spelling, the network, "
                "HF_TOKEN and HF_ENDPOINT",
                code="weights.missing",
            ) from error
        place = Path(got) / inside if inside else Path(got)
        if place.is_dir():
            shutil.copytree(place, folder, dirs_exist_ok=True)  # links into the cache become files
