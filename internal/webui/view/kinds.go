package view

// KindName words what a package or a version is.
func KindName(kind string) string {
	switch kind {
	case "image":
		return "Image"
	case "helm":
		return "Helm chart"
	case "wasm":
		return "WebAssembly"
	case "signature":
		return "Signature"
	case "sbom":
		return "SBOM"
	case "provenance":
		return "Provenance"
	case "attestation":
		return "Attestation"
	default:
		return "Artifact"
	}
}

func kindIcon(kind string) Icon {
	switch kind {
	case "image":
		return IconContainer
	case "helm":
		return IconStack
	case "wasm":
		return IconCpu
	case "signature":
		return IconVerified
	case "sbom":
		return IconListUnordered
	case "provenance", "attestation":
		return IconFileBadge
	default:
		return IconPackage
	}
}
