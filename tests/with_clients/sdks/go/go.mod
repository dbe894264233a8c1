module round

go 1.24

require (
	github.com/aws/aws-sdk-go-v2/config v1.29.0
	github.com/aws/aws-sdk-go-v2/feature/s3/manager v1.17.50
	github.com/aws/aws-sdk-go-v2/service/s3 v1.74.0
)
