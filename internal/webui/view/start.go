package view

// smallest is a Dockerfile that needs nothing from anywhere. The folder makes it an image
// of one layer: some clients do not push one of none.
const smallest = "FROM scratch\nLABEL org.opencontainers.image.description=\"My first image\"\nWORKDIR /hello"

// image is the name of the first image.
func (p StartPage) image() string { return p.Host + "/" + p.Owner + "/hello:1.0" }

// insecure is what podman has to be told of a registry without TLS.
func (p StartPage) insecure() string {
	if p.Plain {
		return "--tls-verify=false "
	}
	return ""
}
