package restapi

func (a *API) tokenRoutes() []route { return nil }
