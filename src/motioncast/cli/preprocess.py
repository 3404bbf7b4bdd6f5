"""`motioncast preprocess`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from motioncast.request import AnimateRequest, Mode, Resolution


def preprocess(
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="Picture of the character: a file or an http(s) URL.")
    ],
    driving: Annotated[
        str, typer.Argument(metavar="DRIVING", help="Video of the performer: a file or an http(s) URL.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")],
    mode: Annotated[
        str,
        typer.Option(
            metavar="animate|replace",
            help="animate: the character performs; replace: it takes the performer's place.",
        ),
    ] = Mode.ANIMATE.value,
    resolution: Annotated[
        str, typer.Option(metavar="480p|720p", help="Output area: 832x480 or 1280x720 pixels.")
    ] = Resolution.P480.value,
    mask_kernel: Annotated[
        int, typer.Option(help="replace: side in pixels of the square that the performer's mask is dilated with.")
    ] = 7,
    mask_iterations: Annotated[int, typer.Option(help="replace: how often it is dilated.")] = 3,
    mask_columns: Annotated[
        int, typer.Option(help="replace: cells across the mask's box; more follow the outline more closely.")
    ] = 1,
    mask_rows: Annotated[int, typer.Option(help="replace: cells down the mask's box.")] = 1,
) -> None:
    """Write what the wan engine would see: drawn poses, faces, masks and backgrounds as files, and a sheet of them."""
    request = AnimateRequest(
        image=reference,
        video=driving,
        mode=mode,  # type: ignore[arg-type]  # the request checks both and says what is allowed
        resolution=resolution,  # type: ignore[arg-type]
    )
    from motioncast.engines.wan.conditions.person_mask import MaskShape
    from motioncast.preprocess import preprocess as run
    from motioncast.progress_bar import progress_bar

    shape = MaskShape(mask_kernel, mask_iterations, mask_columns, mask_rows)
    with progress_bar() as on_progress:
        result = run(request, output, shape, on_progress)
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(result.folder)
