package validation

import "testing"

func TestJobsAreValidated(t *testing.T) {
	const ends = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}, "
	const indexed = ends + "completionMode: Indexed, completions: 3, "
	checkWorkloads(t, "Job", []workloadCase{
		{"a minimal one", ends, nil},
		{"pods that do not end", "template: {spec: {containers: [{name: c, image: i}]}}", []string{
			`spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`}},
		{"labels that another Job would have", "template: {" +
			"metadata: {labels: {job-name: x}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}",
			[]string{`spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"` + recordedUID +
				`","batch.kubernetes.io/job-name":"web","controller-uid":"` + recordedUID + `","job-name":"x"}: must be 'web'`}},
		{"a selector by hand without one", ends + "manualSelector: true", []string{
			`spec.selector: Required value`, "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`"}},
		{"a selector beside the generated one", ends + "selector: {matchLabels: {a: b}}", []string{
			"spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"batch.kubernetes.io/controller-uid\":\"" + recordedUID + "\"}}: `selector` not auto-generated",
			"spec.template.metadata.labels: Invalid value: {\"batch.kubernetes.io/controller-uid\":\"" + recordedUID +
				"\",\"batch.kubernetes.io/job-name\":\"web\",\"controller-uid\":\"" + recordedUID + "\",\"job-name\":\"web\"}: `selector` does not match template `labels`",
		}},
		{"an index without completions", ends + "completionMode: Indexed, parallelism: 1", []string{`spec.completions: Required value: when completion mode is Indexed`}},
		{"limits of indexes that there are not", ends + "maxFailedIndexes: 1", []string{
			`spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified`,
			`spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode`,
		}},
		{"very many indexes", ends +
			"completionMode: Indexed, completions: 100001, parallelism: 10001, backoffLimitPerIndex: 1", []string{
			`spec.maxFailedIndexes: Required value: must be specified when completions is above 100000`,
			`spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index`,
		}},
		{"a failure policy for pods that start again", "podFailurePolicy: {rules: [{action: Count, onPodConditions: [{type: x}]}]}, " +
			"template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: i}]}}", []string{
			`spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified`}},
		{"a rule for nothing", ends + "podFailurePolicy: {rules: [{}]}", []string{
			`spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
			`spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
		}},
		{"a rule for exit codes", ends +
			"podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {containerName: x, operator: In, values: [2, 0, 2]}}]}", []string{
			`spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
			`spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
			`spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
			`spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 2`,
			`spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,0,2]: must be ordered`,
		}},
		{"success of a Job without indexes", ends + "successPolicy: {rules: [{succeededCount: 1}]}", []string{
			`spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode`}},
		{"success of a Job with indexes", indexed + "successPolicy: {rules: [{succeededIndexes: '0,1-2', succeededCount: 3}]}", nil},
		{"more successes than indexes", indexed + "successPolicy: {rules: [{succeededIndexes: '0', succeededCount: 4}, {}]}", []string{
			`spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)`,
			`spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)`,
			`spec.successPolicy.rules[1]: Required value: at least one of succeededCount or succeededIndexes must be specified`,
		}},
		{"replacement of pods that may not have failed", ends + "podReplacementPolicy: TerminatingOrFailed, podFailurePolicy: {rules: []}", []string{
			`spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"`}},
	})
}

func TestIndexesAreCounted(t *testing.T) {
	cases := []struct {
		list string
		want int32
		err  string
	}{
		{"", 0, ""},
		{"0", 1, ""},
		{"0-2,4", 4, ""},
		{"5", 0, `too large index: "5"`},
		{"0-5", 0, `too large index: "5"`},
		{"x", 0, `cannot convert string to integer for index: "x"`},
		{"1-", 0, `cannot convert string to integer for index: ""`},
		{"2-1", 0, "non-increasing order, previous: 2, current: 1"},
		{"1,1", 0, "non-increasing order, previous: 1, current: 1"},
		{"0-1-2", 0, `the fragment "0-1-2" violates the requirement that an index interval can have at most two parts separated by '-'`},
	}
	for _, c := range cases {
		count, err := countIndexes(c.list, 5)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if count != c.want || said != c.err {
			t.Errorf("%q: %d, %q, want %d, %q", c.list, count, said, c.want, c.err)
		}
	}
}

func TestCronJobsAreValidated(t *testing.T) {
	const ends = "jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}, "
	checkWorkloads(t, "CronJob", []workloadCase{
		{"a minimal one", ends + "schedule: '@daily', timeZone: Europe/Berlin", nil},
		{"no schedule is said last", "jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: i}]}}}}", []string{
			`spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`, `spec.schedule: Required value`}},
		{"a schedule of four parts", ends + "schedule: '* * * *'", []string{
			`spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]`}},
		{"a schedule with a time zone", ends + "schedule: 'TZ=UTC * * * * *'", []string{
			`spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead`}},
		{"a schedule at which the parser panics", ends + "schedule: 'TZ=0'", []string{
			`spec.schedule: Invalid value: "TZ=0": invalid schedule format: runtime error: slice bounds out of range [:-1]`,
			`spec.schedule: Invalid value: "TZ=0": cannot use TZ or CRON_TZ in schedule, use timeZone field instead`,
		}},
		{"a time zone that there is not", ends + "schedule: '@daily', timeZone: Nowhere/City", []string{
			`spec.timeZone: Invalid value: "Nowhere/City": unknown time zone Nowhere/City`}},
		{"the time zone of the machine", ends + "schedule: '@daily', timeZone: Local", []string{
			`spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones`}},
		{"a selector, which every Job gets", "schedule: '@daily', jobTemplate: {spec: {manualSelector: true, selector: {matchLabels: {a: b}}, " +
			"template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}", []string{
			"spec.jobTemplate.spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` will be auto-generated",
			`spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"`,
		}},
	})
}
