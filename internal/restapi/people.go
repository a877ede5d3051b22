package restapi

func (a *API) peopleRoutes() []route { return nil }
