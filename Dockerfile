# One node with the puppet engine, on a CPU. docs/quickstart.md says how to use it.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/motioncast
COPY . .
RUN /opt/motioncast/bin/pip install --no-cache-dir --constraint constraints.txt .

# The weights are part of the image: a container starts without a network, and every container has the same ones.
ENV MOTIONCAST_MODELS=/opt/motioncast/models
RUN /opt/motioncast/bin/motioncast models

FROM python:3.11-slim-bookworm
COPY --from=build /opt/motioncast /opt/motioncast
RUN useradd --create-home --uid 10001 motioncast && install --directory --owner motioncast --mode 700 /data
ENV PATH=/opt/motioncast/bin:$PATH \
    MOTIONCAST_MODELS=/opt/motioncast/models \
    MOTIONCAST_HOME=/data/cache \
    NUMBA_CACHE_DIR=/data/cache/numba \
    MOTIONCAST_DATA_DIR=/data \
    MOTIONCAST_HOST=0.0.0.0
USER motioncast
VOLUME /data
EXPOSE 8000
# jobs can run; the image has no curl
HEALTHCHECK --start-period=60s --interval=15s --timeout=5s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz')"]
CMD ["motioncast", "serve"]
