package meta

// MaxIDs is how many ids one statement takes.
const MaxIDs = 50

// idsWhere is a list of ids after one other argument. It has one length, so that it is one
// statement for all lengths.
const idsWhere = `IN (
			$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
			$27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51)`

// idArgs returns the arguments of such a statement.
func idArgs(first any, ids []int64) []any {
	args := make([]any, 1, 1+MaxIDs)
	args[0] = first
	for i := range MaxIDs {
		id := int64(0) // of nothing
		if i < len(ids) {
			id = ids[i]
		}
		args = append(args, id)
	}
	return args
}
