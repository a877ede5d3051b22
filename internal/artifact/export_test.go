package artifact

// What the tests of the package's parts call.
var (
	Instruction = instruction //nolint:gochecknoglobals // a function
	Line        = line        //nolint:gochecknoglobals // a function
	WebURL      = webURL      //nolint:gochecknoglobals // a function
	SourceURL   = sourceURL   //nolint:gochecknoglobals // a function
)
