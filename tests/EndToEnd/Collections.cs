// Real nodes on few cores: one after the other, so that a time-out means something.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
