"""Who asks: `Authorization: Bearer KEY`."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from motioncast.service.accounts import Caller
from motioncast.service.api.envelope import ApiError
from motioncast.service.api.services import Services, services_of


async def authenticated(request: Request) -> Caller:
    """The caller. Raises 401 without a key that is known and not revoked."""
    services = await services_of(request)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise _refused("Send your API key as `Authorization: Bearer <key>`.")
    caller = services.accounts.cached(key.strip())
    if caller is None:
        caller = await run_in_threadpool(services.accounts.authenticate, key.strip())
    if caller is None:
        raise _refused("The API key is not known or was revoked; `motioncast keys create` makes one.")
    return caller


def limit_submits(services: Services, caller: Caller) -> None:
    """Raises 429 when the key has asked for too much work within a minute."""
    rate = services.submit_rate
    if services.limiter.hit(rate, caller.key_id):
        return
    import time

    reset, _ = services.limiter.get_window_stats(rate, caller.key_id)
    wait = max(1, round(reset - time.time()))
    message = f"This key has sent {rate.amount} jobs, dry runs and files to look at within a minute: wait {wait} s."
    raise ApiError(429, message, code="rate_limited", headers={"Retry-After": str(wait)})


def _refused(message: str) -> ApiError:
    return ApiError(401, message, code="unauthorized", headers={"WWW-Authenticate": "Bearer"})


CallerOf = Annotated[Caller, Depends(authenticated)]
