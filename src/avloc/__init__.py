"""avloc: the paper "Mix and Localize" (Hu, Chen, Owens; CVPR 2022), made reproducible."""
