package restapi

func (a *API) repositoryRoutes() []route { return nil }
