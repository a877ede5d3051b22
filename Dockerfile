# The binary and the certificates to call others by TLS, nothing else.
# Data is in /data; uid 65532 has to own what is mounted there.
ARG GO_VERSION=1.26
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -buildvcs=false -trimpath -ldflags "-s -w" -o /out/berth ./cmd/berth
RUN install -d -m 0700 -o 65532 -g 65532 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/berth /berth
COPY --from=build --chown=65532:65532 /out/data /data
ENV BERTH_ADDR=0.0.0.0:5000 BERTH_DATA=/data
USER 65532:65532
VOLUME /data
EXPOSE 5000
ENTRYPOINT ["/berth"]
CMD ["serve"]
