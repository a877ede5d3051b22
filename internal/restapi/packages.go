package restapi

func (a *API) packageRoutes() []route { return nil }
